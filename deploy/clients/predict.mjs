// Asks for one patient, then for a list of patients.
//
//     node predict.mjs [URL]

const url = process.argv[2] ?? process.env.DRUG_CLASSIFIER_URL ?? "http://127.0.0.1:8000";

/** The answer to a body; throws the service's own words. */
async function ask(path, body) {
  const answer = await fetch(new URL(path, url), {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (answer.ok) return told;
  // In a list, the pointer tells which patient: /patients/1/Age.
  const errors = told.errors?.map(({ pointer, detail }) => `${pointer}: ${detail}`) ?? [told.detail];
  throw new Error([told.title, ...errors].join("\n"));
}

try {
  // Inputs of a page give texts: Number(input.value), of which JSON.stringify writes NaN as null.
  const patient = { Age: 45, Sex: "M", BP: "HIGH", Cholesterol: "NORMAL", Na_to_K: 15.5 };
  const { prediction, probabilities } = await ask("/predict", patient);
  console.log(prediction, probabilities[prediction]);

  const patients = [
    { Age: 23, Sex: "F", BP: "HIGH", Cholesterol: "HIGH", Na_to_K: 25.355 },
    { Age: 47, Sex: "F", BP: "LOW", Cholesterol: "HIGH", Na_to_K: 10.114 },
  ];
  const { predictions } = await ask("/predict/batch", { patients });
  for (const { patient_data: { Age }, prediction } of predictions) console.log(Age, prediction);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
