# Clew. `make demo` shows it, `make test` tests it; both need only Python 3.11+, make and git.
.PHONY: demo live test lint fmt run environment lock
.DEFAULT_GOAL := demo

demo:
	@sh scripts/environment run
	@.venv/bin/clew playground demo $(if $(DEMO_ONCE),--once) $(DEMO_FLAGS)

live:
	@sh scripts/environment dev
	@.venv/bin/clew playground live $(LIVE_FLAGS)

test:
	@sh scripts/environment dev
	.venv/bin/python -m pytest $(TEST_FLAGS)

lint:
	@sh scripts/environment dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/pyright

fmt:
	@sh scripts/environment dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

run:
	@sh scripts/environment run
	@.venv/bin/clew run

# Locks carry hashes and no addresses, so they install from any index.
lock:
	@sh scripts/environment dev
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra dev --extra bench -c requirements.lock pyproject.toml -o requirements-dev.lock
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate requirements-setup.in -o requirements-setup.lock
