"""The AWS SDK for Python: a room's whole life, its tags and typed errors."""

import os
import re
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(key=os.environ["PARLOR_ACCESS_KEY"], secret=os.environ["PARLOR_SECRET_KEY"], region="us-west-2"):
    return boto3.client(
        "ivschat",
        endpoint_url=os.environ["PARLOR_ENDPOINT"],
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def refusal(what, expected):
    """Returns the answer of a call that must fail with the typed error expected."""
    try:
        out = what()
    except expected as err:
        return err.response
    raise AssertionError(f"got {out}, want {expected}")


chat = client(region=f"python-{os.getpid()}")  # where no one else has rooms
errors = chat.exceptions

arn = chat.create_room(name="py", tags={"a b": "c=d", "é": "ü"})["arn"]
room = chat.get_room(identifier=arn)
assert room["maximumMessageLength"] == 500 and room["maximumMessageRatePerSecond"] == 10, room
assert room["tags"] == {"a b": "c=d", "é": "ü"}, room
assert isinstance(room["createTime"], datetime) and room["ResponseMetadata"]["RequestId"], room
updated = chat.update_room(identifier=arn, name="", maximumMessageRatePerSecond=100)
assert updated["maximumMessageRatePerSecond"] == 100 and not updated.get("name"), updated
assert [r["arn"] for r in chat.list_rooms(maxResults=50)["rooms"]] == [arn]

before = datetime.now(timezone.utc)
token = chat.create_chat_token(
    roomIdentifier=arn, userId="Käthe", capabilities=["SEND_MESSAGE"], attributes={"name": "Käthe"},
    sessionDurationInMinutes=180,
)
assert re.fullmatch(r"[\w.-]+", token["token"]), token
issued = token["tokenExpirationTime"] - timedelta(minutes=1)
assert before <= issued <= datetime.now(timezone.utc), token
assert token["sessionExpirationTime"] - token["tokenExpirationTime"] == timedelta(minutes=179), token

assert len(chat.send_event(roomIdentifier=arn, eventName="e", attributes={"k": "é"})["id"]) == 12
assert len(chat.delete_message(roomIdentifier=arn, id="M2YcHkgffEvU", reason="r")["id"]) == 12
chat.disconnect_user(roomIdentifier=arn, userId="u", reason="r")

chat.tag_resource(resourceArn=arn, tags={"k=v+@/:._-": "x/y z+"})
chat.untag_resource(resourceArn=arn, tagKeys=["a b", "é"])
assert chat.list_tags_for_resource(resourceArn=arn)["tags"] == {"k=v+@/:._-": "x/y z+"}

logs = chat.create_logging_configuration(destinationConfiguration={"firehose": {"deliveryStreamName": "chat"}})
assert logs["state"] == "ACTIVE", logs
chat.update_room(identifier=arn, loggingConfigurationIdentifiers=[logs["arn"]])
err = refusal(lambda: chat.delete_logging_configuration(identifier=logs["arn"]), errors.ConflictException)
assert err["resourceId"] == logs["id"], err
chat.update_room(identifier=arn, loggingConfigurationIdentifiers=[])
chat.delete_logging_configuration(identifier=logs["arn"])

err = refusal(lambda: chat.create_room(name="a b", maximumMessageRatePerSecond=101), errors.ValidationException)
assert err["reason"] == "FIELD_VALIDATION_FAILED" and len(err["fieldList"]) == 2, err
assert err["Error"]["Code"] == "ValidationException" and err["Error"]["Message"], err
chat.delete_room(identifier=arn)
err = refusal(lambda: chat.get_room(identifier=arn), errors.ResourceNotFoundException)
assert err["resourceId"] == arn[-12:] and err["resourceType"] == "ROOM", err
err = refusal(lambda: client("PARLORNOSUCHKEY", "x").list_rooms(), ClientError)
assert err["Error"]["Code"] == "UnrecognizedClientException", err
