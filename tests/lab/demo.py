"""The demo: real Prometheus, real Alertmanager, TLS, canaryd, and canaries that really misbehave, in the sandbox.
scripts/demo runs it, tests/e2e asserts its scenes.

    python3 -m lab.demo --canaryd build/release/canaryd --tools FOLDER [--scene rollback|promotion|all] [--keep]
"""
import argparse
import contextlib
import pathlib
import signal
import sys

from lab import scene_promotion, scene_rollback, timeline
from lab.chain import PartFailed
from lab.procs import temp_folder
from lab.scene_promotion import DWELL, FASTER, HEALTHY, SICK, STAGES, Promotion
from lab.scene_rollback import CANARY, STABLE, Demo


def say(text=""):
    print(text, flush=True)


def finish(story, good):
    """Prints what a story left behind, and whether all is as it must be. The number of faults."""
    say("\n".join(story.text()) + "\n")
    faults = story.faults()
    say("\n".join(faults) or good)
    return len(faults)


def rollback(demo):
    say(f"Scene 1. ml/iris: stable {STABLE} with 95 %, canary {CANARY} with 5 %, both healthy. The rules and the route\n"
        "are the shipped ones. Waiting until Prometheus has seen enough requests to judge the canary by.\n")
    return finish(scene_rollback.Story(demo), "The canary was rolled back, and the log proves it.")


def promotion(demo):
    say(f"Scenes 2 and 3. A healthy canary of ml/{HEALTHY}, and one of ml/{SICK} that breaks at "
        f"{scene_promotion.BREAKS_AT} %. Stages: {', '.join(map(str, STAGES))} %.\n"
        f"This is a rendering for the demo: each duration of the shipped rules and of the route is divided by {FASTER}, so\n"
        f"that 2 minutes of good health are {120 // FASTER} seconds here. The dwell is {DWELL} s, where 10 minutes are the "
        "default and 4m10s the least\n"
        f"without `short_dwell`. Nothing goes forward in canaryd's first two minutes: until {timeline.clock(demo.warm_at)}.\n")
    story = scene_promotion.Story(demo, say)
    say()
    return finish(story, "One canary was promoted, the other one was taken back, and the log proves it.")


def keep(chains):
    say("\nLeft running until Ctrl-C:")
    for scene, demo in chains:
        for name, url in (("sandbox", demo.sandbox.url), ("canaryd", f"http://{demo.canaryd.admin_address}/metrics"),
                          ("webhook", demo.canaryd.webhook_url), ("prometheus", f"{demo.prometheus.url}/alerts"),
                          ("alertmanager", f"{demo.alertmanager.url}/api/v2/alerts"),
                          ("audit log", demo.canaryd.audit_folder)):
            say(f"  {scene:<9} {name:<13} {url}")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def play(options, folder, stack):
    """Plays the scenes; the number of faults. The chain of the promotion starts first, as its canaryd has to wait."""
    chains, faults = [], 0
    if options.scene != "rollback":
        chains.append(("promotion", stack.enter_context(Promotion(options.canaryd, options.tools, folder / "promotion"))))
    if options.scene != "promotion":
        demo = stack.enter_context(Demo(options.canaryd, options.tools, folder / "rollback", options.interval))
        chains.append(("rollback", demo))
        faults += rollback(demo)
    if options.scene == "all":
        say()
    if options.scene != "rollback":
        faults += promotion(chains[0][1])
    if options.keep:
        keep(chains)
    return faults


def main():
    arguments = argparse.ArgumentParser(description="Canaries break and are rolled back, or do well and are promoted.")
    arguments.add_argument("--canaryd", required=True, type=pathlib.Path, help="the binary")
    arguments.add_argument("--tools", required=True, type=pathlib.Path, help="folder of prometheus and alertmanager")
    arguments.add_argument("--scene", choices=("rollback", "promotion", "all"), default="all",
                           help="rollback: a minute; promotion: three and a half; all: side by side (default)")
    arguments.add_argument("--interval", default=5, type=int,
                           help="seconds between scrapes in the first scene (default: %(default)s)")
    arguments.add_argument("--keep", action="store_true", help="leave it running and print the addresses")
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the children are stopped
    try:
        with temp_folder("canaryd-demo-") as folder, contextlib.ExitStack() as stack:
            return 1 if play(options, folder, stack) else 0
    except PartFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything is stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
