"""What happened and when, as text for a person. All times are UTC."""
import datetime


def at(text):
    """A datetime of RFC 3339 with any number of decimals (Prometheus writes nine, canaryd six)."""
    head, dot, rest = text.partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def clock(moment):
    return moment.strftime("%H:%M:%S.%f")[:-3]


class Timeline:
    """Named moments. A moment that is not known (None) is said to be unknown, not left out."""

    def __init__(self, first, moment, words):
        self.moments = [(first, moment, words)]

    def add(self, name, moment, words):
        self.moments.append((name, moment, words))

    def lines(self):
        start = self.moments[0][1]
        for name, moment, words in self.moments:
            when = f"{clock(moment)}  {(moment - start).total_seconds():+9.3f} s" if moment else f"{'unknown':^25}"
            yield f"  {when}  {name:<13} {words}"


def trail(records):
    """The records of one decision in words."""
    for record in records:
        yield f"  #{record['seq']} {clock(at(record['time']))} {record['kind']}: {record.get('message', '')}"
        for alert in record.get("alerts", []) if record["kind"] == "intent" else []:
            yield (f"      alert {alert['name']} {alert['status']} since {alert['starts_at']}, "
                   f"value {alert.get('value', 'not given')}")
        if record["kind"] == "intent":
            for guard in record.get("guards", []):
                yield (f"      guard {guard['guard']} {'passed' if guard['passed'] else 'STOPPED it'}"
                       f"{': ' + guard['detail'] if guard.get('detail') else ''}")
            yield f"      asked by {record.get('actor', 'nobody')} from {record.get('peer', 'nowhere')}"
            yield f"      patch {record.get('patch', 'none')}"
        if "api" in record:
            api = record["api"]
            yield (f"      the API server answered {api['http_status']}: {api.get('result', 'nothing')}, "
                   f"generation {api.get('generation', 'unknown')}")
