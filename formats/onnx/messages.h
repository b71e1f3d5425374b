#pragma once
// ONNX's messages. SentencePiece brings a protobuf of its own, of another version, into the same process: whatever of
// protobuf's symbols a program exports would take the place of that one's, so that none may be seen from outside.
#pragma GCC visibility push(hidden)
#include <onnx.pb.h>
#pragma GCC visibility pop
