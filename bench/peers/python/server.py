"""The service written with FastAPI and asyncpg, on the database of libpq's variables."""

from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Annotated, Literal

import ids
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from keys import Keys
from profiles import Profiles, connect
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NO_NUL)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]
Value = Annotated[str, StringConstraints(max_length=512, pattern=NO_NUL)]
Relationship = Literal["external", "resold", "internal"]
MAX_PAIRS = 16


class ProfileBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    external_id: Text | None = None
    name: Text | None = None
    relationship: Relationship | None = None


class CreateProfile(ProfileBody):
    metadata: dict[Key, Annotated[Value, StringConstraints(min_length=1)]] | None = None

    @model_validator(mode="after")
    def check(self):
        if self.relationship == "resold" and self.name is None:
            raise ValueError("name: Field required when `relationship` is `resold`")
        if self.metadata is not None and len(self.metadata) > MAX_PAIRS:
            raise ValueError("metadata: Object should have at most 16 pairs")
        return self


class UpdateProfile(ProfileBody):
    metadata: dict[Key, Value] | None = None


@asynccontextmanager
async def lifespan(app):
    async with await connect() as pool:
        app.state.pool, app.state.keys, app.state.profiles = pool, Keys(pool), Profiles(pool)
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


def permit(scope):
    async def organization(
        x_api_key: Annotated[str | None, Header()] = None, authorization: Annotated[str | None, Header()] = None
    ):
        secret = x_api_key or (authorization or "").removeprefix("Bearer ")
        key = await app.state.keys.find(secret)
        if key is None:
            raise HTTPException(401, "Invalid API key")
        if scope not in key["scopes"]:
            raise HTTPException(403, f"API key lacks the scope `{scope}`")
        return key["organization_id"]

    return Depends(organization)


Reader = Annotated[object, permit("profiles:read")]
Writer = Annotated[object, permit("profiles:write")]


def answer(content, status=200):
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), status, media_type="application/json")


def shown(profile):
    return {
        "id": ids.write(profile["id"]),
        "created_at": profile["created_at"],
        "metadata": profile["metadata"],
        "relationship": profile["relationship"],
        "trust_grants": profile["trust_grants"],
        "type": "user_profile",
        "updated_at": profile["updated_at"],
        "external_id": profile["reference_id"],
        "name": profile["name"],
    }


def known(found):
    if found is None:
        raise HTTPException(404, "User profile not found")
    return found


def updated(before, body):
    """The profile after an update, and the changed fields."""
    sent = body.model_fields_set
    metadata = {**before["metadata"], **(body.metadata or {})}
    metadata = {key: value for key, value in metadata.items() if value}
    if len(metadata) > MAX_PAIRS:
        raise HTTPException(400, "metadata: Object should have at most 16 pairs")
    after = {**before, "metadata": metadata}
    if "name" in sent:
        after["name"] = body.name
    if "external_id" in sent:
        after["reference_id"] = body.external_id
    if body.relationship is not None:
        after["relationship"] = body.relationship
    touched = "name" in sent or body.relationship is not None
    if touched and after["relationship"] == "resold" and after["name"] is None:
        raise HTTPException(400, "name: Field required when `relationship` is `resold`")
    fields = [name for name in ("name", "relationship", "reference_id", "metadata") if after[name] != before[name]]
    return ({**after, "updated_at": datetime.now(timezone.utc)} if fields else before), fields


@app.get("/health/ready")
async def ready():
    await app.state.pool.fetchval("select 1")
    return Response()


@app.post("/v1/user_profiles")
async def create(organization: Writer, body: CreateProfile):
    created_at = datetime.now(timezone.utc)
    profile = {
        "id": ids.new_uuid(created_at),
        "created_at": created_at,
        "updated_at": created_at,
        "name": body.name,
        "relationship": body.relationship or "external",
        "reference_id": body.external_id,
        "metadata": body.metadata or {},
        "trust_grants": {},
    }
    await app.state.profiles.create(organization, profile)
    return answer(shown(profile))


@app.get("/v1/user_profiles")
async def list_profiles(
    organization: Reader, limit: Annotated[int, Query(ge=1, le=100)] = 20, page: str | None = None
):
    before = ids.LAST if page is None else ids.read(page)
    if before is None:
        raise HTTPException(400, "page: Malformed cursor")
    rows, more = await app.state.profiles.list(organization, before, limit)
    return answer({"data": [shown(row) for row in rows], "next_page": ids.write(rows[-1]["id"]) if more else None})


@app.get("/v1/user_profiles/{identifier}")
async def retrieve(organization: Reader, identifier: str):
    key = known(ids.read(identifier))
    return answer(shown(known(await app.state.profiles.retrieve(organization, key))))


@app.post("/v1/user_profiles/{identifier}")
async def update(organization: Writer, identifier: str, body: UpdateProfile):
    key = known(ids.read(identifier))
    return answer(shown(known(await app.state.profiles.update(organization, key, lambda before: updated(before, body)))))


TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
}


def envelope(status, message):
    error = {"type": TYPES.get(status, "api_error"), "message": message, "details": None}
    return answer({"type": "error", "error": error}, status)


@app.exception_handler(RequestValidationError)
async def refuse(_: Request, error: RequestValidationError):
    reasons = (f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors())
    return envelope(400, "; ".join(reasons))


@app.exception_handler(HTTPException)
async def fail(_: Request, error: HTTPException):
    return envelope(error.status_code, error.detail)
