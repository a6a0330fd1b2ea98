"""A few minutes of everything that can happen to the service at once; after it nothing may be left behind."""
