# Signs requests with botocore as Debian's AWS CLI has it. Reads a JSON array of requests on
# stdin and writes the array of their headers as signed.
import json
import sys

import awscli.clidriver  # noqa: F401  (its parts only import in this order)
from awscli.botocore.auth import SigV4Auth
from awscli.botocore.awsrequest import AWSRequest
from awscli.botocore.credentials import Credentials

signed = []
for r in json.load(sys.stdin):
    request = AWSRequest(method=r["method"], url=r["url"], headers=r["headers"], data=r["body"].encode())
    SigV4Auth(Credentials(r["key"], r["secret"], r["token"] or None), "ivschat", r["region"]).add_auth(request)
    signed.append(dict(request.headers))
json.dump(signed, sys.stdout)
