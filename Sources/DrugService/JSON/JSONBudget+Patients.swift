import Patients

extension JSONBudget {
  /// For a patient, or another object, in a body that is read into memory.
  static func patient(of schema: PatientSchema) -> JSONBudget {
    JSONBudget(
      values: few.values, elements: few.elements,
      members: max(few.members, 2 * schema.accepted.count)
    )
  }

  /// For a list of patients, with room for twice as many fields as they have.
  static func patients(of schema: PatientSchema) -> JSONBudget {
    JSONBudget(
      values: 2 * (schema.accepted.count + 1) * BatchRoutes.maximumBatchCount,
      elements: BatchRoutes.maximumBatchCount, members: patient(of: schema).members)
  }
}
