import FastCGI

/// The routes of the loop: watch, retrain, compare, promote, roll back.
extension Service {
  static let loopRoutes: [String: [String: Route]] = [
    "/me": ["GET": { (service, request) throws(ServiceError) in try .init(service.me(request)) }],
    "/audit": [
      "GET": { (service, request) throws(ServiceError) in try .init(service.auditTrail(request)) }
    ],
    "/models": [
      "GET": { (service, _) throws(ServiceError) in try .init(service.modelList()) }
    ],
    "/models/{version}": [
      "GET": { (service, request) throws(ServiceError) in try .init(service.modelDetails(request)) }
    ],
    "/models/{version}/activate": [
      "POST": { (service, request) throws(ServiceError) in
        try .init(service.activateModel(request))
      }
    ],
    "/retrain": [
      "POST": { (service, request) throws(ServiceError) in try .init(service.retrain(request)) }
    ],
    "/retrain/jobs": [
      "GET": { (service, request) throws(ServiceError) in try .init(service.jobList(request)) }
    ],
    "/retrain/jobs/{id}": [
      "GET": { (service, request) throws(ServiceError) in try .init(service.jobState(request)) },
      "DELETE": { (service, request) throws(ServiceError) in
        try .init(service.cancelJob(request))
      },
    ],
    "/predictions": [
      "GET": { (service, request) throws(ServiceError) in
        try .init(service.predictionList(request))
      }
    ],
    "/predictions/{id}/outcome": [
      "POST": { (service, request) throws(ServiceError) in try .init(service.keepOutcome(request)) }
    ],
    "/datasets": [
      "GET": { (service, _) throws(ServiceError) in try .init(service.datasetList()) }
    ],
    "/datasets/{name}": [
      "PUT": { (service, request) throws(ServiceError) in try .init(service.storeDataset(request)) }
    ],
  ]
}

extension Service.Outcome {
  init(_ response: Response) {
    self.init(response: response)
  }
}
