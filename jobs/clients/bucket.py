"""The archive in S3: each object is put once, with a precondition that its name is free."""

from __future__ import annotations

from typing import Any, Final

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

from jobs.clients.errors import Forbidden, Rejected, Temporary

CONNECT_S: Final = 2.0
READ_S: Final = 10.0

_DENIED: Final = 403
_NOT_FOUND: Final = 404
_TAKEN: Final = 412
_PASSING: Final = frozenset({409, 429})
_SERVER_ERROR: Final = 500


def connect(
    session: Any = None,  # noqa: ANN401 - boto3 has no types
    *,
    endpoint: str | None = None,
    connect_s: float = CONNECT_S,
    read_s: float = READ_S,
) -> Any:  # noqa: ANN401 - boto3 has no types
    """A client of S3 that sends each call once. Address, region and credentials: where boto3 looks for them.

    A `session` of boto3 or an `endpoint` say otherwise.

    Raises:
        Rejected: its configuration cannot be read.
    """
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=connect_s, read_timeout=read_s)
    try:
        return (session or boto3.session.Session()).client("s3", endpoint_url=endpoint, config=config)
    except (BotoCoreError, ValueError) as error:
        raise Rejected(f"AWS is not configured for the archive: {error}. Mend the AWS_… variables.") from error


class Bucket:
    """A bucket and a prefix in it: `s3://bucket/prefix`. Versioning and object lock may be on; neither is needed."""

    def __init__(self, address: str, client: Any) -> None:  # noqa: ANN401 - boto3 has no types
        name, _, prefix = address.removeprefix("s3://").partition("/")
        if not name:
            raise Rejected(f"ROLLBACK_ARCHIVE is {address!r} and names no bucket. Set it to s3://bucket/prefix.")
        self._bucket = name
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client

    @property
    def address(self) -> str:
        """The bucket's address with the prefix."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, name: str, text: str) -> None:
        """As `Place.put`. A put whose answer was lost is put again: it finds its own object and that is that."""
        try:
            self._call(
                "PutObject",
                name,
                Body=text.encode(),
                IfNoneMatch="*",
                ContentType="application/json",
            )
        except _Taken as taken:
            if self.get(name) != text:
                raise Rejected(
                    f"{self.address}/{name} is there and says something else. It was not changed. Look at both with "
                    "`rollbackctl audit verify`."
                ) from taken

    def get(self, name: str) -> str | None:
        """As `Place.get`."""
        try:
            data: bytes = self._call("GetObject", name)["Body"].read()
            return data.decode()
        except _Absent:
            return None
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise self._lost("GetObject", name, error) from error
        except UnicodeDecodeError as error:
            raise Rejected(f"{self.address}/{name} is no text: somebody changed it. Restore it from a copy.") from error

    def names(self, prefix: str = "") -> list[str]:
        """As `Place.names`, a thousand a call."""
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self._call("ListObjectsV2", "", Prefix=self._prefix + prefix, **token)
            found += [str(item["Key"]).removeprefix(self._prefix) for item in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return sorted(found)
            token = {"ContinuationToken": str(page["NextContinuationToken"])}

    def _call(self, operation: str, name: str, **arguments: object) -> dict[str, Any]:
        method = {"PutObject": "put_object", "GetObject": "get_object", "ListObjectsV2": "list_objects_v2"}[operation]
        key = {"Key": self._prefix + name} if name else {}
        try:
            answer: dict[str, Any] = getattr(self._client, method)(Bucket=self._bucket, **key, **arguments)
        except ClientError as error:
            raise self._refused(operation, name, error) from error
        except NoCredentialsError as error:
            raise Rejected(
                "There are no AWS credentials for the archive. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "give the pod a role."
            ) from error
        except (BotoCoreError, HTTPClientError) as error:
            raise self._lost(operation, name, error) from error
        return answer

    def _refused(self, operation: str, name: str, error: ClientError) -> Exception:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        code = str(error.response.get("Error", {}).get("Code", ""))
        said = str(error.response.get("Error", {}).get("Message", ""))[:300]
        if code == "NoSuchBucket":
            return Rejected(
                f"There is no bucket {self._bucket}. Nothing was written. Make it, or set ROLLBACK_ARCHIVE to another."
            )
        if status == _TAKEN:
            return _Taken(name)
        if status == _NOT_FOUND and operation == "GetObject":
            return _Absent(name)
        if status == _DENIED:
            return Forbidden(
                verb=f"s3:{'ListBucket' if operation == 'ListObjectsV2' else operation}",
                resource="bucket",
                namespace=self._bucket,
                name=self._prefix + name,
                message=f"{code}: {said}",
            )
        if status in _PASSING or status >= _SERVER_ERROR:
            return self._lost(operation, name, RuntimeError(f"HTTP {status} {code}"))
        return Rejected(f"S3 refused {operation} {self.address}/{name} (HTTP {status} {code}): {said}.")

    def _lost(self, operation: str, name: str, error: Exception) -> Temporary:
        return Temporary(
            f"S3 did not answer {operation} of {self.address}/{name}: {error}. It is asked again; an object that was "
            "written all the same is found then."
        )


class _Taken(Exception):  # noqa: N818 - names the answer
    """The name is taken."""


class _Absent(Exception):  # noqa: N818 - names the answer
    """There is no such object."""
