import Accounts
import FastCGI

/// What the web server asks before it reads a long body: whether its sender may send it. No client gets
/// here by itself.
struct SignInRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/sign-in", isBriefFor: isKnown, lane: .signIn, signIn)
  ]

  let administrators: Administrators
  let access: PredictionAccess?

  /// Whether the sender says nothing, or may send it for certain: of others the audit may tell, which takes
  /// longer.
  func isKnown(_ request: borrowing Request) -> Bool {
    guard request.authorization != nil else { return true }
    guard let role = Role(rawValue: request.parameter("SIGN_IN_FOR") ?? "") else {
      return access?.knows(request) ?? true
    }
    return administrators.known(request)?.roles.contains(role) ?? false
  }

  /// GET /sign-in: 204, or 401 with the status of the refusal in a header, since the web server knows no
  /// other. `SIGN_IN_FOR` names the role that is needed, or `prediction`; `SIGN_IN_SUBJECT` the
  /// address that was asked for.
  func signIn(_ request: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let purpose = request.parameter("SIGN_IN_FOR") ?? ""
    let role = Role(rawValue: purpose)
    guard role != nil || purpose == "prediction" else { throw .notFound }
    do throws(ServiceError) {
      if let role {
        _ = try administrators.require(
          request, as: role, subject: request.parameter("SIGN_IN_SUBJECT"))
      } else {
        _ = try access?.requester(of: request, counts: false)
      }
      return Outcome(Response(status: 204))
    } catch {
      let problem = Problem(error)
      var response = Response(problem, instance: trace.head.path)
      response.headers.append(("X-Refusal", "\(problem.status)"))
      response.status = 401
      var outcome = Outcome(response)
      outcome.problem = problem
      return outcome
    }
  }
}
