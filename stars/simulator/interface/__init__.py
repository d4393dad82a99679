"""What tests and scripts use, as JSON under /sim/: buyers, payments, the clock, faults and more."""
