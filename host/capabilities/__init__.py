"""Host powers, side by side: one folder for each."""
