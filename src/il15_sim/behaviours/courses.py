"""The regimens of the trial, and the day on which its patients are judged."""

from il15_sim.regimen import Regimen

SORAFENIB = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
TEMOZOLOMIDE = Regimen.parse("temozolomide 150 mg/m2 q24h d1-5/28 x 56 d")
#: Two cycles of 28 days.
DAY = 56.0
