"""Signs requests with botocore, the signer of the AWS SDK for Python: a JSON object a line in, a
signature a line out. Status 77 where botocore is not installed."""
import json
import sys
from urllib.parse import quote

try:
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit(77)

for line in sys.stdin:
    job = json.loads(line)
    auth = S3SigV4Auth(Credentials(job["access_key"], job["secret_key"]), "s3", job["region"])
    url = "https://" + job["host"] + quote(job["path"], safe="/~")
    request = AWSRequest(job["method"], url, headers=job["headers"],
                         params=[tuple(pair) for pair in job["query"]])
    request.headers["X-Amz-Date"] = job["date"]
    request.headers["X-Amz-Content-SHA256"] = job["payload_sha256"]
    request.context["timestamp"] = job["date"]
    canonical = auth.canonical_request(request)
    print(auth.signature(auth.string_to_sign(request, canonical), request))
