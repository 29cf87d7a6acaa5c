"""Several servers of one model as one generator.

``Assignment`` decides where a request goes, ``Watcher`` who is well, ``Replica`` carries a request
there, ``Trouble`` says when to give up, ``ReplicatedGenerator`` puts them together.
"""

from tts_async.generation.replicas.generator import ReplicatedGenerator
from tts_async.generation.replicas.health import HealthPolicy
from tts_async.generation.replicas.statistics import ReplicaStatistics, ReplicatedStatistics

__all__ = ["HealthPolicy", "ReplicaStatistics", "ReplicatedGenerator", "ReplicatedStatistics"]
