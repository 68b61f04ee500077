# Asks for one patient, then for a data frame of patients.
#
#     Rscript predict.R [URL]
suppressPackageStartupMessages(library(httr2))

url <- c(commandArgs(TRUE), Sys.getenv("DRUG_CLASSIFIER_URL", "http://127.0.0.1:8000"))[1]

# The service's own words stand in the error.
words <- function(answer) {
  problem <- resp_body_json(answer, check_type = FALSE)
  errors <- if (is.null(problem$errors)) list(problem) else problem$errors
  c(problem$title, vapply(errors, \(error) error$detail, ""))
}
service <- request(url) |> req_error(body = words)

# The data frame with what was answered behind its own columns: prediction, probability, error, ...
predict_drugs <- function(patients) {
  table <- tempfile(fileext = ".csv")
  on.exit(unlink(table))
  # NA becomes an empty cell: a missing value.
  write.csv(patients, table, row.names = FALSE, na = "", fileEncoding = "UTF-8")
  answer <- service |> req_url_path_append("predict", "batch") |>
    req_body_file(table, type = "text/csv") |> req_perform() |> resp_body_string()
  # As texts, or R would take a column of nothing but F for FALSE.
  told <- read.csv(text = answer, colClasses = "character", na.strings = "", check.names = FALSE)
  told <- told[-seq_along(patients)]
  told[[2]] <- as.numeric(told[[2]])
  cbind(patients, told)
}

# jsonlite::toJSON alone writes [45] for 45, which is refused, "NA" for NA, and four decimal places.
patient <- list(Age = 45, Sex = "M", BP = "HIGH", Cholesterol = "NORMAL", Na_to_K = 15.5)
answer <- service |> req_url_path_append("predict") |>
  req_body_json(patient, auto_unbox = TRUE) |> req_perform() |> resp_body_json()
writeLines(paste(answer$prediction, answer$probabilities[[answer$prediction]]))

patients <- data.frame(
  bed = c("Süd 1", "Süd 2", "Süd 3"), Age = c(23, 61, 47), Sex = "F", BP = c("HIGH", "LOW", "LOW"),
  Cholesterol = "HIGH", Na_to_K = c(25.355, NA, 10.114))
print(predict_drugs(patients)[c("bed", "prediction", "error")], row.names = FALSE)
