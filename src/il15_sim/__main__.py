"""`python -m il15_sim` is `il15-sim`."""

from il15_sim.cli import main

if __name__ == "__main__":
    main()
