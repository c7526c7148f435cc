# What R says about compact letter displays (multcompView::multcompLetters, insert and absorb).
# Run in this folder: Rscript make_letters.R; needs the package multcompView. CI only reads the CSV.
suppressMessages(library(multcompView))
set.seed(5)
rows <- list()
for (case in 1:40) {
  n <- sample(3:9, 1)
  estimate <- sort(round(rnorm(n), 3), decreasing = TRUE)
  se <- round(runif(n, 0.2, 0.6), 3)
  alpha <- c(0.001, 0.01, 0.05, 0.5)[1 + case %% 4]
  pair <- combn(n, 2)
  z <- (estimate[pair[1, ]] - estimate[pair[2, ]]) / sqrt(se[pair[1, ]]^2 + se[pair[2, ]]^2)
  p <- p.adjust(2 * pnorm(-abs(z)), "holm")
  names(p) <- paste(sprintf("g%d", pair[1, ]), sprintf("g%d", pair[2, ]), sep = "-")
  shown <- multcompLetters(p, threshold = alpha)
  matrix <- shown$LetterMatrix
  # a display of one letter has no matrix
  if (is.null(matrix)) matrix <- matrix(TRUE, n, 1)
  rows[[case]] <- data.frame(
    case = case, alpha = alpha, group = seq_len(n), estimate = estimate, se = se,
    letters = apply(matrix, 1, function(r) paste(sort(letters[which(r)]), collapse = ""))
  )
}
write.csv(do.call(rbind, rows), "letters.csv", row.names = FALSE, quote = FALSE)
