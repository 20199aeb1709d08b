"""An organization with more profiles than fit on a page."""

import concurrent.futures
import json
import urllib.request

# Without the proxy that the environment may name.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def crowd(service, key):
    """Creates 250 profiles with this key: names in an order and a case of their own, and ten profiles without one.
    Answers their ids and names, oldest first."""

    def create(number):
        name = f"{'user' if number % 2 else 'USER'} {number * 101 % 250:03}" if number < 240 else None
        headers = {"x-api-key": key, "content-type": "application/json"}
        request = urllib.request.Request(f"{service.url}/v1/user_profiles", json.dumps({"name": name}).encode(), headers)
        with DIRECT.open(request, timeout=20) as answer:
            return json.load(answer)["id"], name

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        # Ids sort as they were created.
        return sorted(pool.map(create, range(250)))
