# ranger trained as the other peers: ranger.R FOLDER COLUMNS TREES RUNS, prints what peers.py prints.
suppressMessages(library(ranger))
given <- commandArgs(trailingOnly = TRUE)
columns <- as.integer(given[2])
part <- function(name) {
  read <- function(kind, what, size)
    readBin(file.path(given[1], paste0(name, ".", kind)), what, 1e9, size = size)
  list(X = matrix(read("values", "double", 8), ncol = columns, byrow = TRUE,
                  dimnames = list(NULL, paste0("x", seq_len(columns)))),
       y = factor(read("labels", "integer", 4)))
}
train <- part("train")
test <- part("test")
runs <- lapply(seq_len(as.integer(given[4])), function(seed) {
  taken <- system.time(
    forest <- ranger(x = train$X, y = train$y, num.trees = as.integer(given[3]), probability = TRUE,
                     min.node.size = 1, num.threads = 2, seed = seed, oob.error = FALSE))
  answer <- predict(forest, data = test$X, num.threads = 2)$predictions
  right <- colnames(answer)[max.col(answer, ties.method = "first")] == as.character(test$y)
  c(taken[["elapsed"]], sum(taken[c("user.self", "sys.self")]), mean(right))
})
middle <- apply(do.call(rbind, runs), 2, median)
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE)))
cat(sprintf('{"seconds": %f, "cpu": %f, "accuracy": %f, "memory": %.0f}\n',
            middle[1], middle[2], middle[3], peak * 1024))
