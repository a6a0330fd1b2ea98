// The bridge is the one argument of the bootstrap (see main.js and c/bridge.c). Its functions are taken out once.
/* global bridge */
export const { call, start, denial, log, permitted, modules, load, text, lazy, maker } = bridge;
export const newBindings = bridge.bindings;
export const newPrimordials = bridge.primordials;

// Bits of the mailbox's `permit` field; c/abi.h has the same list.
export const PERMIT_CONSOLE = 2;
export const PERMIT_ALL_MODULES = 8;
export const PERMIT_ASK_MODULES = 16;

// Numbers of the host's operations; host/sandbox/hostcalls.py has the same list.
export const MODULE_LOAD = 1;
export const MODULE_ASK = 4;
