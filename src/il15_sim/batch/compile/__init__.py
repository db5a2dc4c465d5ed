"""From equations to machine code: LLVM text of one model, compiled, kept and loaded."""
