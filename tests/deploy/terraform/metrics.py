"""The metrics that exist, with the dimensions each is told by: an alarm on anything else never rings.

From AWS's own pages:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
"""

from __future__ import annotations

from typing import Final

_BALANCER: Final = frozenset({"LoadBalancer"})
_TARGETS: Final = frozenset({"LoadBalancer", "TargetGroup"})
_INSTANCE: Final = frozenset({"DBInstanceIdentifier"})
_NODE: Final = frozenset({"CacheClusterId"})
_SERVICE: Final = frozenset({"ClusterName", "ServiceName"})
_NONE: Final[frozenset[str]] = frozenset()

METRICS: Final[dict[tuple[str, str], set[frozenset[str]]]] = {
    ("AWS/ApplicationELB", "RequestCount"): {_BALANCER, _TARGETS},
    ("AWS/ApplicationELB", "TargetResponseTime"): {_BALANCER, _TARGETS},
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): {_BALANCER, _TARGETS},
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): {_BALANCER},
    ("AWS/ApplicationELB", "HealthyHostCount"): {_TARGETS},
    ("AWS/RDS", "CPUUtilization"): {_INSTANCE},
    ("AWS/RDS", "DatabaseConnections"): {_INSTANCE},
    ("AWS/RDS", "FreeStorageSpace"): {_INSTANCE},
    ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage"): {_NODE},
    ("AWS/ECS", "CPUUtilization"): {_SERVICE},
    ("AWS/ECS", "MemoryUtilization"): {_SERVICE},
    # Ours, made of log lines; a filter without dimensions makes a metric without any.
    ("Rupaya", "QueueJobsDue"): {_NONE},
    ("Rupaya", "QueueOldestSeconds"): {_NONE},
    ("Rupaya", "AuditSealLagSeconds"): {_NONE},
    ("Rupaya", "AuditAnchorLagSeconds"): {_NONE},
    ("Rupaya", "LedgerDifferences"): {_NONE},
    ("Rupaya", "WorkerHeartbeat"): {_NONE},
}
