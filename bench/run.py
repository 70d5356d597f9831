"""Runs the measurements that are named, or all, and prints a table. scripts/bench calls it."""
import argparse
import json
import os
import platform
import subprocess
import sys

import audit_log
import figures
import fleet
import footprint
import reaction
import rules_cost
import rules_simulation
import throughput


def decide():
    done = subprocess.run([figures.program("decide")], stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout)
    yield figures.Figure("decide calls a second on one core: rollback, stale revision, step forward",
                         f"{result['act_per_second']:,.0f}, {result['stale_per_second']:,.0f}, "
                         f"{result['advance_per_second']:,.0f}")


MEASUREMENTS = {
    "cluster": reaction.on_cluster,
    "sandbox": reaction.on_sandbox,
    "throughput": throughput.run,
    "footprint": footprint.run,
    "fleet": fleet.run,
    "decide": decide,
    "audit": audit_log.run,
    "rules-cost": rules_cost.run,
    "rules-simulation": rules_simulation.run,
}


def show(rows):
    table = [("measured", "figure", "goal", "")]
    table += [(row.what, row.value, row.goal, {None: "", True: "met", False: "MISSED"}[row.met]) for row in rows]
    widths = [max(len(line[column]) for line in table) for column in range(4)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("measurement", nargs="*", help=", ".join(MEASUREMENTS) + " (default: all)")
    names = parser.parse_args().measurement or list(MEASUREMENTS)
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        parser.error(f"unknown measurement {unknown[0]}; expected one of {', '.join(MEASUREMENTS)}")
    print(f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    rows = []
    for name in names:
        print(f"measuring: {name}", flush=True)
        rows += MEASUREMENTS[name]()
    print()
    show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
