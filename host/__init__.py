"""Cellblock: runs other people's JavaScript safely, each execution in a fresh QuickJS-in-WebAssembly instance."""
