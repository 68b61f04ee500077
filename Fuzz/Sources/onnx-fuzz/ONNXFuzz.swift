import LibFuzzer

/// Gives bytes to the reader of models in ONNX: they must be refused, or become a forest that answers
/// in range.
@main
enum ONNXFuzz {
  static func main() {
    fuzz { data, size in
      _ = receiveONNX(Array(UnsafeBufferPointer(start: data, count: size)))
      return 0
    }
  }
}
