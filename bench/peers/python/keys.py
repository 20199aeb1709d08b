"""Authentication: API keys are looked up by hash and cached for 5 seconds."""

import hashlib
import time
from datetime import datetime, timezone

LIFETIME = 5
FIND = "select organization_id, scopes, expires_at, revoked_at from api_keys where hash = $1"


class Keys:
    def __init__(self, pool):
        self.pool = pool
        self.cache = {}

    async def find(self, secret):
        """The valid credential of a secret, or None."""
        digest = hashlib.sha256(secret.encode()).digest()
        since, key = self.cache.get(digest, (0, None))
        now = time.monotonic()
        if key is None or now - since > LIFETIME:
            key = await self.pool.fetchrow(FIND, digest)
            if key is not None:
                self.cache[digest] = now, key
        if key is None or key["revoked_at"] is not None:
            return None
        expires_at = key["expires_at"]
        return key if expires_at is None or expires_at > datetime.now(timezone.utc) else None
