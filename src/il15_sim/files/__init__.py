"""Files that the package reads and writes; nothing here knows what stands in them.

- `text` - reading a text file, with its faults told in one line
- `tsv`, `toml` - one reader for tables, one for settings; `numeric` - what counts as a number
- `atomic` - files that are whole or not there; `record` - results folders and their manifest
- `resources` - where the packaged models and experiments lie
"""
