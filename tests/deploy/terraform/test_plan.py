"""What Terraform itself makes of the code, and what the plan promises."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.deploy.terraform.planning import ROOT, Plan, Refused, Workshop

GUNICORN = (ROOT / "deploy/gunicorn.conf.py").read_text()
CONNECTIONS_ALARM = 80
FARGATE_MIB = {
    256: (512, 2048),
    512: (1024, 4096),
    1024: (2048, 8192),
    2048: (4096, 16384),
    4096: (8192, 30720),
}


def gunicorn(name):
    """A number of seconds in gunicorn's settings."""
    found = re.search(rf"^{name} = (\d+)", GUNICORN, re.M)
    assert found, name
    return int(found[1])


def containers(plan):
    """The container of each task definition, by its name."""
    definitions = [json.loads(each["container_definitions"]) for each in plan.of("aws_ecs_task_definition")]
    return {container["name"]: container for [container] in definitions}


def variables(container):
    return {each["name"]: each["value"] for each in container["environment"]}


def statements(plan, name):
    """The statements of each policy of a role, by the policy's name."""
    return {
        policy["name"]: json.loads(policy["policy"])["Statement"]
        for policy in plan.of("aws_iam_role_policy")
        if policy["role"] == name
    }


class TestCode:
    def test_is_accepted_and_leaves_nothing_open(self, plan):
        assert plan.unknown == []

    def test_of_the_state_is_valid(self, workshop):
        workshop.validate("bootstrap")

    @pytest.mark.parametrize(
        ("file", "old", "new", "why"),
        [
            (
                "modules/ecr/outputs.tf",
                "aws_ecr_repository.backend.arn",
                "aws_ecr_repository.back.arn",
                "undeclared",
            ),
            ("modules/monitoring/alarms_data.tf", "threshold ", "thresold ", "Unsupported argument"),
            ("modules/platform/main.tf", "module.key.arn", "module.key.id", "Unsupported attribute"),
            ("environments/staging/main.tf", '"10.21.0.0/16"', '"10.21.0.0/20"', "must be a /16"),
            ("environments/staging/main.tf", '"cache.t4g.micro"', "[]", "string required"),
            ("environments/staging/terraform.tfvars.example", "@sha256:0", ":latest", "must end in @sha256"),
        ],
    )
    def test_is_refused_where_it_is_wrong(self, workshop, tmp_path, file, old, new, why):
        broken = tmp_path / "broken"
        shutil.copytree(
            workshop.code, broken, ignore=shutil.ignore_patterns(".terraform*", "plan", "*_override.tf")
        )
        text = (broken / file).read_text()
        assert old in text
        (broken / file).write_text(text.replace(old, new))

        with pytest.raises(Refused) as refused:
            Workshop(tmp_path, source=broken).plan("staging")

        assert why in " ".join(str(refused.value).split())


class TestSecrets:
    def test_are_in_no_plan_and_so_in_no_state(self, plan):
        assert "made-in-memory" not in plan.text
        assert "read-back" not in plan.text

    def test_never_stand_among_plain_variables(self, plan):
        for container in containers(plan).values():
            secret = {each["name"] for each in container["secrets"]}
            assert {
                "DATABASE_URL",
                "REDIS_URL",
                "JWT_SECRET",
                "JWT_REFRESH_SECRET",
                "SENDGRID_API_KEY",
            } <= secret
            assert not secret & set(variables(container))
            assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & (secret | set(variables(container)))

    @pytest.mark.parametrize(
        ("variable", "secret", "holder"),
        [
            ("DATABASE_OWNER_URL", "rupaya/database/rupaya_owner", "migrate"),
            ("DATABASE_SEALER_URL", "rupaya/database/rupaya_sealer", "worker"),
            ("AUDIT_SIGNING_KEY", "rupaya/audit", "worker"),
        ],
    )
    def test_of_one_task_reach_no_other(self, plan, variable, secret, holder):
        arn = plan.by("aws_secretsmanager_secret", "name")[secret]["arn"]
        holders = {
            name
            for name, container in containers(plan).items()
            if variable in {each["name"] for each in container["secrets"]}
        }
        readers = {policy["role"] for policy in plan.of("aws_iam_role_policy") if arn in policy["policy"]}

        assert holders == {holder}
        assert readers == {f"rupaya-execution-{holder}"}

    def test_of_who_dumps_reaches_no_task(self, plan):
        arn = plan.by("aws_secretsmanager_secret", "name")["rupaya/database/rupaya_backup"]["arn"]

        assert [policy["role"] for policy in plan.of("aws_iam_role_policy") if arn in policy["policy"]] == []

    def test_are_fetched_by_each_tasks_own_role(self, plan):
        definitions = plan.by("aws_ecs_task_definition", "family")

        for family, name in {"backend": "web", "worker": "worker", "migrate": "migrate"}.items():
            definition = definitions[f"rupaya-{family}"]
            assert definition["execution_role_arn"].endswith(f":rupaya-execution-{name}")
            assert definition["task_role_arn"].endswith(f":rupaya-task-{name}")

    def test_are_all_encrypted_with_the_environments_key(self, plan):
        [key] = plan.of("aws_kms_key")

        for type_name, attribute in [
            ("aws_secretsmanager_secret", "kms_key_id"), ("aws_cloudwatch_log_group", "kms_key_id"),
            ("aws_db_instance", "kms_key_id"), ("aws_elasticache_replication_group", "kms_key_id"),
            ("aws_sns_topic", "kms_master_key_id"),
        ]:  # fmt: skip
            assert {each[attribute] for each in plan.of(type_name)} == {key["arn"]}


class TestTasks:
    def test_take_variables_that_the_application_knows(self, plan):
        known = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))

        for container in containers(plan).values():
            given = {each["name"] for each in container["environment"] + container["secrets"]}
            assert given - known == set()

    def test_look_who_answers_for_the_database(self, plan):
        for container in containers(plan).values():
            own = variables(container)
            inside = own["DATABASE_SSL_ROOT_CERT"].removeprefix("/app/")

            assert own["DATABASE_SSL"] == "true"
            assert (ROOT / inside).is_file()
            assert f"!{inside}" in (ROOT / ".dockerignore").read_text().splitlines()

    def test_run_an_image_by_its_digest_as_nobody_on_a_file_system_that_cannot_be_written(self, plan):
        for container in containers(plan).values():
            assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
            assert container["readonlyRootFilesystem"] is True
            assert container["user"] == "1001"
            assert "privileged" not in container

    def test_have_sizes_that_fargate_gives(self, plan):
        for each in plan.of("aws_ecs_task_definition"):
            least, most = FARGATE_MIB[int(each["cpu"])]
            assert least <= int(each["memory"]) <= most
            assert int(each["memory"]) % 1024 == 0 or int(each["memory"]) == 512

    def test_end_their_requests_before_they_are_killed(self, plan):
        [balancer], [targets] = plan.of("aws_lb"), plan.of("aws_lb_target_group")

        assert containers(plan)["web"]["stopTimeout"] > gunicorn("graceful_timeout")
        assert int(targets["deregistration_delay"]) >= gunicorn("timeout")
        assert balancer["idle_timeout"] < gunicorn("keepalive")

    def test_hold_fewer_connections_than_the_alarm_allows(self, plan):
        targets = plan.of("aws_appautoscaling_target")
        most = {each["resource_id"].rpartition("/")[2]: each["max_capacity"] for each in targets}
        own = {name: variables(container) for name, container in containers(plan).items()}
        pool = {name: int(each["DATABASE_POOL_SIZE"]) for name, each in own.items()}

        web = most["rupaya-service"] * int(own["web"]["WEB_CONCURRENCY"]) * pool["web"]
        # A worker has its pool, the queue's own four, one that listens and one that seals.
        worker = most["rupaya-worker"] * (pool["worker"] + 4 + 1 + 1)

        assert pool["web"] > int(own["web"]["WEB_THREADS"])
        assert web + worker <= CONNECTIONS_ALARM

    def test_are_asked_at_addresses_that_answer(self, plan):
        from rupaya.core import health

        [targets] = plan.of("aws_lb_target_group")
        command = containers(plan)["web"]["healthCheck"]["command"][-1]

        assert targets["health_check"][0]["path"] in health._ANSWERS
        assert set(re.findall(r":8000(/\S+?)'", command)) == {"/health/live"} <= set(health._ANSWERS)

    def test_go_back_by_themselves_where_a_release_fails(self, plan):
        for service in plan.of("aws_ecs_service"):
            assert service["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]
            assert service["deployment_minimum_healthy_percent"] == 100

    def test_have_the_names_that_workflows_and_commands_use(self, plan):
        assert [each["name"] for each in plan.of("aws_ecs_cluster")] == ["rupaya-cluster"]
        assert {each["name"] for each in plan.of("aws_ecs_service")} == {"rupaya-service", "rupaya-worker"}
        assert {each["family"] for each in plan.of("aws_ecs_task_definition")} == {
            "rupaya-backend", "rupaya-worker", "rupaya-migrate",
        }  # fmt: skip

    def test_may_do_what_they_do_and_no_more(self, plan):
        assert statements(plan, "rupaya-task-migrate") == {}
        [web] = statements(plan, "rupaya-task-web").values()
        assert "anchor" not in json.dumps(web)
        for policy in plan.of("aws_iam_role_policy"):
            for statement in json.loads(policy["policy"])["Statement"]:
                actions = (
                    [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                )
                assert not [action for action in actions if action.endswith(("*", ":*"))]


class TestReplica:
    @pytest.fixture
    def replicated(self, tmp_path, workshop):
        """Production with a replica that reports are read from."""
        own = Workshop(tmp_path)
        path = own.code / "environments/production/main.tf"
        path.write_text(
            path.read_text().replace("is_multi_az           = true", "is_multi_az = true\n replica_count = 1")
        )
        return Plan(own.plan("production"))

    def test_is_read_by_the_web_alone_and_makes_no_secret(self, production, replicated):
        databases = replicated.by("aws_db_instance", "identifier")
        replica = databases["rupaya-db-replica"]

        assert replicated.unknown == []
        assert set(databases) == {"rupaya-db", "rupaya-db-replica"}
        assert replica["replicate_source_db"] == databases["rupaya-db"]["identifier"]
        assert (replica["publicly_accessible"], replica["storage_encrypted"]) == (False, True)
        assert replica["parameter_group_name"] == databases["rupaya-db"]["parameter_group_name"]
        named = {
            name: variables(one).get("DATABASE_REPLICA_URL") for name, one in containers(replicated).items()
        }
        assert named == {"web": f"postgresql://{replica['endpoint']}", "worker": None, "migrate": None}
        assert len(replicated.of("aws_secretsmanager_secret")) == len(
            production.of("aws_secretsmanager_secret")
        )

    def test_is_not_there_unless_it_is_asked_for(self, plan):
        assert variables(containers(plan)["web"])["DATABASE_REPLICA_URL"] == ""


class TestData:
    def test_in_production_survives_the_loss_of_a_zone_and_a_bad_day(self, production):
        [database], [cache] = (
            production.of("aws_db_instance"),
            production.of("aws_elasticache_replication_group"),
        )

        assert database["multi_az"] is True
        assert database["backup_retention_period"] == 35
        assert cache["multi_az_enabled"] is True
        assert cache["automatic_failover_enabled"] is True
        assert len(production.of("aws_nat_gateway")) == 2
        assert {each["retention_in_days"] for each in production.of("aws_cloudwatch_log_group")} == {400}

    def test_is_neither_public_nor_in_the_clear_nor_deleted_by_mistake(self, plan):
        [database], [cache] = plan.of("aws_db_instance"), plan.of("aws_elasticache_replication_group")

        assert database["publicly_accessible"] is False
        assert database["storage_encrypted"] is True
        assert database["deletion_protection"] is True
        assert database["skip_final_snapshot"] is False
        assert (cache["transit_encryption_enabled"], cache["transit_encryption_mode"]) == (True, "required")
        [parameters] = plan.of("aws_db_parameter_group")
        assert {
            "rds.force_ssl": "1",
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }.items() <= {each["name"]: each["value"] for each in parameters["parameter"]}.items()

    def test_is_reached_by_tasks_alone(self, plan):
        groups = plan.by("aws_security_group", "name")
        inward = plan.of("aws_vpc_security_group_ingress_rule")

        for name in ("rupaya-db", "rupaya-cache"):
            rules = [each for each in inward if each["security_group_id"] == groups[name]["id"]]
            assert [each["referenced_security_group_id"] for each in rules] == [
                groups["rupaya-workload"]["id"]
            ]
        everybody = {(each["security_group_id"], each["to_port"]) for each in inward if each["cidr_ipv4"]}
        assert everybody == {
            (groups["rupaya-load-balancer"]["id"], 443),
            (groups["rupaya-load-balancer"]["id"], 80),
        }

    def test_is_guarded_by_groups_whose_descriptions_aws_accepts(self, plan):
        types = (
            "aws_security_group",
            "aws_vpc_security_group_ingress_rule",
            "aws_vpc_security_group_egress_rule",
        )

        for each in [made for type_name in types for made in plan.of(type_name)]:
            assert re.fullmatch(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}", each["description"])

    def test_in_buckets_is_nobody_elses(self, plan):
        names = {each["bucket"] for each in plan.of("aws_s3_bucket")}
        blocked = {each["bucket"] for each in plan.of("aws_s3_bucket_public_access_block")
                   if each["block_public_acls"] and each["block_public_policy"]
                   and each["ignore_public_acls"] and each["restrict_public_buckets"]}  # fmt: skip
        with_tls = {
            each["bucket"] for each in plan.of("aws_s3_bucket_policy") if "SecureTransport" in each["policy"]
        }

        assert len(names) == 3
        assert (
            names == blocked == with_tls == {each["bucket"] for each in plan.of("aws_s3_bucket_versioning")}
        )

    def test_of_the_audit_logs_anchor_can_be_removed_by_nobody(self, production):
        [anchor] = [each for each in production.of("aws_s3_bucket") if "anchor" in each["bucket"]]
        [lock] = production.of("aws_s3_bucket_object_lock_configuration")

        assert anchor["object_lock_enabled"] is True
        assert lock["bucket"] == anchor["id"]
        assert lock["rule"][0]["default_retention"] == [{"days": 3653, "mode": "COMPLIANCE", "years": None}]


class TestDoor:
    def test_speaks_tls_and_sends_everything_else_there(self, plan):
        listeners = {each["port"]: each for each in plan.of("aws_lb_listener")}

        assert set(listeners) == {80, 443}
        assert listeners[443]["ssl_policy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
        assert listeners[80]["default_action"][0]["redirect"][0]["protocol"] == "HTTPS"

    def test_refuses_what_is_known_to_be_bad(self, plan):
        [firewall] = plan.of("aws_wafv2_web_acl")
        groups = {
            group["name"]
            for rule in firewall["rule"]
            for group in rule["statement"][0]["managed_rule_group_statement"]
        }
        [flood] = [rule for rule in firewall["rule"] if rule["statement"][0]["rate_based_statement"]]

        assert {"AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet"} <= groups
        assert len(flood["action"][0]["block"]) == 1
        assert len({rule["priority"] for rule in firewall["rule"]}) == len(firewall["rule"])


class TestWorkflows:
    def test_come_from_one_repository_and_its_branches_or_environment(self, plan):
        trusts = {
            role["name"]: json.loads(role["assume_role_policy"])["Statement"][0]
            for role in plan.of("aws_iam_role")
            if "github" in role["name"]
        }

        assert set(trusts) == {"rupaya-github-build", "rupaya-github-deploy"}
        for trust in trusts.values():
            conditions = trust["Condition"]["StringEquals"]
            subjects = conditions["token.actions.githubusercontent.com:sub"]
            assert conditions["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
            assert set(trust["Condition"]) == {"StringEquals"}
            assert all(
                subject.startswith("repo:rupaya/rupaya:") and "*" not in subject for subject in subjects
            )

    def test_hand_on_only_the_tasks_roles(self, plan):
        [release] = statements(plan, "rupaya-github-deploy").values()
        [passing] = [each for each in release if each["Action"] == "iam:PassRole"]

        assert {arn.rpartition(":")[2] for arn in passing["Resource"]} == {
            "rupaya-execution-web", "rupaya-execution-worker", "rupaya-execution-migrate",
            "rupaya-task-web", "rupaya-task-worker", "rupaya-task-migrate",
        }  # fmt: skip
        assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}

    def test_use_no_lasting_keys(self, plan):
        assert plan.of("aws_iam_user") == []
        assert plan.of("aws_iam_access_key") == []
