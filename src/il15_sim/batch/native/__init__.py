"""A few typed words of Python as LLVM text: what the driver is written in."""
