"""Writes src/receiver-helper/otlp-descriptors.generated.json: what gRPC reflection tells of the files in proto/.

    pip install grpcio-tools && python scripts/descriptors.py

By file name, each FileDescriptorProto in base64. A test compares them with proto/.
"""

import base64
import json
import pathlib
import tempfile

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

root = pathlib.Path(__file__).resolve().parent.parent
proto = root / "proto"
services = sorted(str(path.relative_to(proto)) for path in proto.glob("opentelemetry/**/*_service.proto"))
with tempfile.NamedTemporaryFile() as out:
    arguments = ["protoc", f"-I{proto}", "--include_imports", f"--descriptor_set_out={out.name}", *services]
    if protoc.main(arguments) != 0:
        raise SystemExit("protoc failed")
    files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes()).file
table = {file.name: base64.b64encode(file.SerializeToString()).decode() for file in files}
target = root / "src/receiver-helper/otlp-descriptors.generated.json"
target.write_text(json.dumps(table, indent=2) + "\n")
