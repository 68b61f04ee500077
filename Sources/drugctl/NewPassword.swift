import Accounts
import POSIX

/// A password as somebody chooses it.
enum NewPassword {
  /// Why a password is not taken.
  private struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  /// Asks for a password twice where somebody sits at the terminal; else it is the first line of a file or
  /// of standard input.
  static func read(from path: String?) throws -> String {
    if let path { return try checked(firstLine(of: try AccountFile.read(path))) }
    guard isatty(STDIN_FILENO) == 1 else { return try checked(readLine() ?? "") }
    let password = try checked(ask("Password: "))
    guard try ask("The same again: ") == password else {
      throw Refusal(description: "The passwords differ; nothing was changed.")
    }
    return password
  }

  private static func firstLine(of text: String) -> String {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).first.map {
      String($0)
    } ?? ""
  }

  private static func ask(_ question: String) throws -> String {
    guard let answer = getpass(question) else {
      throw SystemError("getpass", "the terminal")
    }
    return String(cString: answer)
  }

  private static func checked(_ password: String) throws -> String {
    guard password.count >= 8 else {
      throw Refusal(description: "A password has 8 characters or more.")
    }
    guard password.utf8.count <= PasswordHash.maximumPasswordLength else {
      throw Refusal(
        description: "A password has at most \(PasswordHash.maximumPasswordLength) bytes.")
    }
    guard password.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      throw Refusal(description: "A password holds no characters that control.")
    }
    return password
  }
}
