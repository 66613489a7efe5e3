# The whole command surface. `make` alone lists the targets.

TOOLS := .local/tools
LOCAL := target/debug/local
BENCH := target/release/bench

.PHONY: help demo up top test verapdf check format lint docs deny advisories template bench bench-full simulate budgets release build compiler

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: build ## Start everything, take the tour, save demo-report.pdf, stop
	@$(LOCAL) demo

up: build ## Start everything on 127.0.0.1:3000 and stay up; Ctrl-C stops it
	@$(LOCAL) up

top: build ## Which tenants use the stack that is up, and how much?
	@$(LOCAL) top

test: build verapdf ## Run all tests against a real PostgreSQL and the AWS wire protocols
	@infra/install.sh pdftotext:poppler-utils qpdf:qpdf pgbouncer:pgbouncer
	@$(LOCAL) with -- cargo test --workspace --locked --no-fail-fast

verapdf: $(TOOLS)/verapdf/Vera.class ## Install veraPDF, which says whether documents are PDF/A and PDF/UA

check: format lint docs deny template ## Everything that reads the code without running it

format: ## Is the code formatted?
	cargo fmt --all --check

lint: compiler ## Is clippy content?
	cargo clippy --workspace --all-targets --locked -- -D warnings

docs: compiler ## Does the documentation build without a warning?
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

deny: $(TOOLS)/bin/cargo-deny ## Are licences, bans and sources in order?
	$(TOOLS)/bin/cargo-deny --workspace --all-features --config .cargo/deny.toml check bans licenses sources

advisories: $(TOOLS)/bin/cargo-deny ## Is any dependency known to be vulnerable? Fetches RustSec's database from GitHub
	$(TOOLS)/bin/cargo-deny --workspace --all-features --config .cargo/deny.toml check advisories

template: $(TOOLS)/sam/bin/sam ## Do SAM and cfn-lint accept the templates?
	SAM_CLI_TELEMETRY=0 $(TOOLS)/sam/bin/sam validate --lint --template template.yaml
	$(TOOLS)/sam/bin/cfn-lint template.yaml infra/*.yaml

bench: release ## How fast and how cheap is it, beside its floor and a Python peer? A few minutes
	@$(BENCH) run
	@$(BENCH) scale
	@$(BENCH) pdf
	@$(BENCH) order

bench-full: release ## The same with figures good enough to publish
	@$(BENCH) run --full
	@$(BENCH) scale --full
	@$(BENCH) pdf --full
	@$(BENCH) order

simulate: release ## How do limiter, queue and cost behave at 1,000 instances?
	@$(BENCH) simulate

budgets: release ## Has a function grown, or a hot path?
	@infra/install.sh valgrind:valgrind
	@$(BENCH) sizes
	@$(BENCH) counts
	@$(BENCH) simulate --check

release: compiler
	cargo build --workspace --bins --locked --release

build: compiler
	cargo build --workspace --exclude bench --bins --locked

# Rust links with it, and some crates have C in them.
compiler:
	@infra/install.sh cc:build-essential

$(TOOLS)/bin/cargo-deny: | compiler
	cargo install --locked --root $(TOOLS) cargo-deny@0.20.2

$(TOOLS)/sam/bin/sam:
	@infra/install.sh python3/ensurepip:python3-venv
	python3 -m venv $(TOOLS)/sam
	$(TOOLS)/sam/bin/pip install --quiet aws-sam-cli==1.170.0

$(TOOLS)/verapdf/Vera.class: infra/verapdf/Vera.java infra/verapdf/install.sh
	@infra/verapdf/install.sh $(TOOLS)/verapdf
