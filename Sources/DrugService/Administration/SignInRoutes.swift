import Accounts
import FastCGI

/// What the web server asks before it reads a long body: whether its sender may send it. No client gets
/// here by itself.
struct SignInRoutes: RouteGroup {
  static let routes = [Route<Self>("GET", "/sign-in", lane: .signIn, signIn)]

  let administrators: Administrators

  /// GET /sign-in: 204, or 401 with the status of the refusal in a header, since the web server knows no
  /// other. `SIGN_IN_FOR` names the role that is needed, `SIGN_IN_SUBJECT` the address that was asked for.
  func signIn(_ request: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    guard let role = Role(rawValue: request.parameter("SIGN_IN_FOR") ?? "") else {
      throw .notFound
    }
    do throws(ServiceError) {
      _ = try administrators.require(
        request, as: role, subject: request.parameter("SIGN_IN_SUBJECT"))
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
