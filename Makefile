# The whole command surface. `make` alone lists the targets.

TOOLS := .local/tools
LOCAL := target/debug/local
BENCH := target/release/bench
# The functions' programs: those of the crates in functions/ and of their src/bin/.
FUNCTIONS = $(addprefix target/debug/,$(patsubst functions/%/src/main.rs,%,$(wildcard functions/*/src/main.rs)) \
  $(basename $(notdir $(wildcard functions/*/src/bin/*.rs))))
ARCH := arm64
WITH_SAM := PATH="$(CURDIR)/$(TOOLS)/sam/bin:$$PATH"

.PHONY: help demo up top test sam-local sam-invoke sam-image truth-watch truth-sam verapdf check format lint docs deny advisories template bench bench-full simulate budgets released release programs build deploy compiler

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: programs ## Start everything, take the tour, save demo-report.pdf, stop
	@$(LOCAL) demo

up: programs ## Start everything on 127.0.0.1:3000 and stay up; Ctrl-C stops it
	@$(LOCAL) up

top: programs ## Which tenants use the stack that is up, and how much?
	@$(LOCAL) top

test: programs verapdf ## Run all tests against a real PostgreSQL and the AWS wire protocols
	@infra/install.sh pdftotext:poppler-utils qpdf:qpdf pgbouncer:pgbouncer
	@$(LOCAL) with -- cargo test --workspace --locked --no-fail-fast

sam-local: programs sam-image ## Serve v1 and v2 by sam local, beside a local stack; Ctrl-C stops it. Needs Docker
	@$(LOCAL) sam api

sam-invoke: programs sam-image ## Give EVENT=events/… to its function by sam local invoke. Needs Docker
	@$(LOCAL) sam invoke $(EVENT)

sam-image: $(TOOLS)/sam/bin/sam
	@infra/sam/engine.sh
	@infra/sam/base-image.sh $(FUNCTIONS)

truth-watch: programs $(TOOLS)/sam/bin/cargo-lambda ## Does every event get the same answer from cargo lambda watch?
	@TRUTH_RUNNERS=watch cargo test --workspace --locked --test truth

truth-sam: programs $(TOOLS)/sam/bin/sam ## Does it from sam local? Says so and goes on where there is no Docker
	@infra/sam/engine.sh; case $$? in \
	  0) infra/sam/base-image.sh $(FUNCTIONS) && TRUTH_RUNNERS=sam cargo test --workspace --locked --test truth ;; \
	  69) echo "skipped: sam local was given no event" ;; \
	  *) exit 1 ;; \
	esac

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
	$(TOOLS)/sam/bin/cfn-lint template.yaml infra/*.yaml infra/monitoring/*.yaml

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

build: compiler $(TOOLS)/sam/bin/cargo-lambda ## Build all functions for Lambda; ARCH=x86_64 for another processor than arm64
	@$(WITH_SAM) infra/build.sh $(ARCH)

deploy: compiler $(TOOLS)/sam/bin/cargo-lambda ## Build, show what is going to change, ask and deploy: ENV=dev, staging or prod
	@$(WITH_SAM) infra/deploy.sh $(ENV)

released: programs ## Write down what is deployed now, for the tests of the next release
	@WRITE_LAST_RELEASE=1 $(LOCAL) with -- cargo test --workspace --locked --test releases -- written_down

release: compiler
	cargo build --workspace --bins --locked --release

programs: compiler
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

# In the same place: cargo-lambda takes zig from the first python3 on the PATH, and SAM's is that one.
$(TOOLS)/sam/bin/cargo-lambda: | $(TOOLS)/sam/bin/sam
	$(TOOLS)/sam/bin/pip install --quiet cargo-lambda==1.9.2 ziglang==0.17.1

$(TOOLS)/verapdf/Vera.class: infra/verapdf/Vera.java infra/verapdf/install.sh
	@infra/verapdf/install.sh $(TOOLS)/verapdf
