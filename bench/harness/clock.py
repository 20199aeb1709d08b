"""The time limit of a run, and how its sections share the time."""

import time

# Sections are planned into this share of the limit; the rest is a margin for a machine that becomes slow during the run.
PLANNED_SHARE = 0.88


class TimeLimit(Exception):
    """The run has reached its time limit."""


class Clock:
    """Gives each section a deadline: its share, by estimated cost in seconds, of the planned time that is left.

    Time that a section does not use goes to the sections after it. What a section leaves out to meet its deadline is noted in `cuts`."""

    def __init__(self, limit, costs):
        self.limit, self.costs, self.cuts = limit, dict(costs), []
        self.began = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self.began

    def say(self, text):
        print(f"{self.elapsed():4.0f} s  {text}", flush=True)

    def enter(self, section):
        cost = self.costs.pop(section)
        left = max(0, self.limit * PLANNED_SHARE - self.elapsed())
        self.deadline = self.elapsed() + left * cost / (cost + sum(self.costs.values()))

    def fits(self, seconds):
        return self.elapsed() + seconds <= self.deadline

    def cut(self, text):
        self.cuts.append(text)
        self.say(f"cut: {text}")

    def rounds(self, name, count):
        """The numbers of the rounds from 0; fewer than `count` if one more round, as long as the longest so far, does not fit. Never none."""
        longest = 0
        for number in range(count):
            began = self.elapsed()
            if number and not self.fits(longest):
                self.cut(f"{name}: {number} of {count} rounds")
                return
            self.say(f"{name}: round {number + 1} of {count}")
            yield number
            longest = max(longest, self.elapsed() - began)
