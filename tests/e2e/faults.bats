#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A part of the fault campaign that `make test-faults` runs in full (tests/faults/campaign.py describes it): for each
# kind of fault two calls of each command, or one of the slowest commands, different ones in every run.
# FAULTS_SEED=N repeats a run, FAULTS_SAMPLE=N tries more calls.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup_file() {
	export FAULTS_SEED=${FAULTS_SEED:-$((RANDOM * 32768 + RANDOM))} FAULTS_SAMPLE=${FAULTS_SAMPLE:-2}
	echo "# FAULTS_SEED=$FAULTS_SEED FAULTS_SAMPLE=$FAULTS_SAMPLE" >&3
}

teardown() {
	lab_down
}

campaign() {
	python3 "$LAB_ROOT/tests/faults/campaign.py" --sample "$FAULTS_SAMPLE" --seed "$FAULTS_SEED" "$@" 3>&-
}

@test "load disturbed at any system call: the policy or no filter, correct status, repaired" {
	campaign load load-addresses
}

@test "apply disturbed: the old policy or the new one, correct status, repaired" {
	campaign apply apply-addresses
}

@test "apply --confirm disturbed: the old policy, or the new one unconfirmed" {
	campaign apply-confirm
}

@test "confirm and rollback disturbed: still pending, or settled" {
	campaign confirm rollback
}

@test "the first apply after a missed deadline, disturbed: the old policy or the new one" {
	FAULTS_SAMPLE=$(((FAULTS_SAMPLE + 1) / 2)) campaign apply-expired
}

@test "apply to one of two devices that share, disturbed: old or new on it, old on the other" {
	FAULTS_SAMPLE=$(((FAULTS_SAMPLE + 1) / 2)) campaign part
}

@test "apply and allow that need larger counters, disturbed: the same, and no count is lost" {
	campaign apply-grows apply-grows-shared allow-grows
}

@test "unload disturbed: the policy or no filter" {
	campaign unload
}

@test "upgrade disturbed: the same policy, by the old program or the new" {
	campaign upgrade upgrade-ports
}

@test "return: flow disturbed as it begins, goes on and ends: egress program, seeding and swap" {
	FAULTS_SAMPLE=1 campaign load-flow apply-flow leave-flow unload-flow upgrade-flow
}

@test "allow and delete disturbed: the rule is there or not, the others are" {
	campaign allow delete
}

@test "if confirm or rollback is killed, a policy shown as unconfirmed is rolled back in time" {
	FAULTS_SAMPLE=1 campaign --kinds deadline apply-confirm confirm rollback
}
