"""Results of many runs in one Zarr store, written shard by shard, continued where they stopped.

    <folder>/<hash of the inputs>/
        manifest.json      what the results were made from, versions, times
        runs.zarr/         every variable; `xarray.open_zarr` opens it without this package
        finished/0         checksums of the chunks of shard 0, written last: it is whole

A shard is `rows_per_shard` rows in sequence: one chunk, which is one file, of every variable along
`run`. The coordinate `run` holds the names of the rows or, where they have none, their numbers.
Rows that are not computed read as NaN, with `run` -1 or an empty name. Nothing here knows what a
row is: the engine is a function.
"""

from il15_sim.store.loop import open_shards, run_shards

__all__ = ["open_shards", "run_shards"]
