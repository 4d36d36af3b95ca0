# NodeDnsWebhook: every task of the project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CLUSTER_TOOLS ?= ../shared/cluster-tools
export CLUSTER_TOOLS

RID := linux-$(shell uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
NATIVE = dotnet publish -c Release -r $(RID) --self-contained -nologo -v quiet -p:DebugSymbols=false -o artifacts/publish

.PHONY: help
help: ## list every task
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{ printf "  %-14s %s\n", $$1, $$2 }'

.PHONY: build
build: ## both programs and the kubectl plugin, NativeAOT, into artifacts/bin/
	@eng/install build
	@mkdir -p artifacts/bin
	@echo "building node-dns-cache (NativeAOT, about a minute)" && $(NATIVE)/cache src/Cache && cp artifacts/publish/cache/node-dns-cache artifacts/bin/
	@echo "building node-dns-webhook (NativeAOT, about a minute)" && $(NATIVE)/webhook src/Webhook && cp artifacts/publish/webhook/node-dns-webhook artifacts/bin/
	@$(MAKE) --no-print-directory plugin
	@ls -l artifacts/bin

.PHONY: plugin
plugin: ## the kubectl plugin alone, into artifacts/bin/
	@eng/install build
	@mkdir -p artifacts/bin
	@echo "building kubectl-nodedns (NativeAOT, about a minute)" && $(NATIVE)/cli src/Cli && cp artifacts/publish/cli/kubectl-nodedns artifacts/bin/

.PHONY: test
test: build ## every suite that needs no cluster
	@eng/install test
	@eng/other-build
	@TEST_PROGRAMS=artifacts/bin eng/suites 'Chart.Tests&' Webhook.Tests House.Tests Guard.Tests Cli.Tests Cache.Tests Cache.Scenarios + Node.Tests

.PHONY: e2e
e2e: plugin ## the end-to-end suite; starts a cluster unless KUBECONFIG names one
	@eng/e2e

.PHONY: demo
demo: ## see it work on loopback, no cluster needed (under two minutes)
	@eng/demo

.PHONY: cluster
cluster: ## start a Kubernetes cluster with our images imported (NODES=2; default one node)
	@eng/cluster/up

.PHONY: cluster-down
cluster-down: ## stop that cluster and leave nothing behind
	@eng/cluster/down

.PHONY: images
images: ## the three container images, by the Dockerfile with buildah: artifacts/images/*.tar
	@eng/images $(ARCH)

.PHONY: test-images
test-images: ## the images, the plugin's archive for this platform, and what is tested of them
	@eng/install test
	@eng/images $(ARCH)
	@[ -n "$(ARCH)" ] || TARGETS="cache webhook" eng/images arm64
	@[ -n "$(ARCH)" ] || { eng/programs-of-images && PLATFORMS=linux-$$(dpkg --print-architecture) eng/cli-package; }
	@eng/suites Release.Tests

.PHONY: release
release: ## everything of a release in artifacts/release/, and the lines that publish it (VERSION=1.2.3)
	@eng/release $(VERSION)

.PHONY: fuzz
fuzz: ## coverage-guided fuzzing from our corpora, SECONDS=300 for each target (TARGET="query corefile", default all)
	@eng/fuzz $(or $(SECONDS),300) $(TARGET)

.PHONY: soak
soak: build ## one node for MINUTES=60: load, reloads, upgrades, kills, upstream trouble at random (SEED=n repeats a run)
	@eng/soak $(or $(MINUTES),60) $(SEED)

.PHONY: cli
cli: plugin ## the kubectl plugin as it is published: tar.gz, checksums and krew manifest in artifacts/cli/
	@eng/cli-package $(CLI_URL)

.PHONY: chart
chart: ## the chart as a package in artifacts/chart/, pushed too with CHART_REPO=oci://…
	@eng/chart-package $(CHART_REPO)

.PHONY: bench
bench: build ## benchmarks as ratios against a C floor and every installed peer (BENCH=short|full)
	@eng/bench

.PHONY: hot-methods
hot-methods: ## renew the list of methods that a serving cache executes, which the compiler puts side by side
	@eng/hot-methods/renew

.PHONY: search-proof
search-proof: ## search_cut beside a real CoreDNS and API server: 80,000 questions, and what is left of them (docs/performance.md)
	@eng/install test
	@dotnet build tests/Cache.Scenarios -c Release -nologo -v quiet -clp:ErrorsOnly
	@NODEDNS_SEARCH_QUESTIONS=20000 tests/Cache.Scenarios/bin/Release/net10.0/Cache.Scenarios -class '*SearchCutProofTests' -noColor -noLogo -showLiveOutput

.PHONY: kernel-proof
kernel-proof: build ## 1,000,000 questions asked of the kernel (guard --kernel-answers) and of the socket: every reply is the same
	@eng/install test
	@dotnet build tests/Node.Tests -c Release -nologo -v quiet -clp:ErrorsOnly
	@NODE_TESTS_QUESTIONS=1000000 tests/Node.Tests/bin/Release/net10.0/Node.Tests -class '*KernelDifferentialTests' -noColor -noLogo -showLiveOutput

.PHONY: webhook-pace
webhook-pace: build ## a Deployment of PODS=5000 among NAMESPACES=10000 with settings, certificates rotated meanwhile: no pod is missed
	@eng/install test
	@dotnet build tests/Chart.Tests -c Release -nologo -v quiet -clp:ErrorsOnly
	@TEST_PROGRAMS=artifacts/bin CHART_TESTS_PODS=$(or $(PODS),5000) CHART_TESTS_NAMESPACES=$(or $(NAMESPACES),10000) \
		tests/Chart.Tests/bin/Release/net10.0/Chart.Tests -class '*PaceTests' -noColor -noLogo -showLiveOutput

.PHONY: bad-day
bad-day: ## what a bad day of cluster DNS costs lookups, beside node-cache's CoreDNS, on a real cluster (RATE=500 a second each)
	@eng/bad-day $(RATE)

.PHONY: mutants
mutants: ## changes one operator or statement at a time and lists what no test notices (ROOMS="Upstream Wire:50", SEED=2, JOBS=2, MINUTES=60, ONLY=FILE; all: hours)
	@dotnet build tests/Mutants -c Release -nologo -v quiet -clp:'ErrorsOnly;NoSummary'
	@tests/Mutants/bin/Release/net10.0/Mutants . artifacts/mutants $(ROOMS)

.PHONY: format
format: ## rewrite the code to the house style
	dotnet format NodeDnsWebhook.sln

.PHONY: lint
lint: ## check the code's formatting
	dotnet format NodeDnsWebhook.sln --verify-no-changes

.PHONY: clean
clean: ## remove everything that building and testing made
	rm -rf artifacts {src/*,tests/*,demo}/{bin,obj}
