"""Results of many runs, computed and stored shard by shard, continued where they were stopped.

An ensemble of N rows is cut into shards by row number. Each shard is one file, a Zarr store in a
zip archive that carries its own checksum; it appears whole or not at all. All shards together are
one lazy `xarray.Dataset`. Nothing here knows what a row is: the engine is a function.
"""

from il15_sim.shards.folder import ShardFolder
from il15_sim.shards.loop import open_shards, run_shards

__all__ = ["ShardFolder", "open_shards", "run_shards"]
