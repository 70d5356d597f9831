"""Random traffic through the shipped rules: chance alone rolls nothing back, and a canary that is worse is seen."""
import unittest

from lab.rule_simulation import Behaviour, Scenario, simulate

NOT_BAD = {"CanaryHealthy", "CanaryNoData"}
SEED = "canaryd"


class Simulation(unittest.TestCase):
    def test_a_canary_that_is_like_its_stable_raises_nothing_for_an_hour(self):
        scenarios = [Scenario(rate, share) for rate in (1, 10, 1000) for share in (0.05, 0.25)]
        fired = simulate(scenarios, 3600, SEED)
        self.assertEqual([f for f in fired if f.alert not in NOT_BAD], [])
        # The rules were not silent because they saw nothing.
        healthy = {scenarios[f.scenario] for f in fired if f.alert == "CanaryHealthy"}
        self.assertLessEqual({Scenario(1000, 0.05), Scenario(1000, 0.25)}, healthy)
        without_data = {scenarios[f.scenario] for f in fired if f.alert == "CanaryNoData"}
        self.assertIn(Scenario(1, 0.05), without_data)
        self.assertNotIn(Scenario(1000, 0.25), without_data)

    def test_a_canary_that_is_twenty_points_worse_is_seen_at_ten_and_at_a_thousand_requests_a_second(self):
        change = 600
        scenarios = [Scenario(rate, 0.25, Behaviour(error_ratio=0.205), change_at=change) for rate in (10, 1000)]
        fired = simulate(scenarios, change + 300, SEED)
        for number, scenario in enumerate(scenarios):
            times = {f.alert: f.at for f in fired if f.scenario == number and f.alert not in NOT_BAD}
            self.assertIn("CanaryHighErrorRate", times, scenario)
            self.assertTrue(all(at > change for at in times.values()), times)

    def test_a_canary_that_is_three_times_as_slow_and_one_that_is_dead_are_seen(self):
        change = 600
        scenarios = [Scenario(10, 0.25, Behaviour().slower(3), change_at=change),
                     Scenario(10, 0.25, Behaviour(dead=True), change_at=change)]
        fired = simulate(scenarios, change + 420, SEED)
        self.assertIn("CanaryHighLatency", {f.alert for f in fired if f.scenario == 0})
        self.assertIn("CanaryDown", {f.alert for f in fired if f.scenario == 1})


if __name__ == "__main__":
    unittest.main()
