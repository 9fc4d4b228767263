# pxweb 0.17.1, the R client of the statistical institutes: walking the levels of the first interface, asking, and
# reading answers as data frames with codes and with texts; missing cells, comments, and an answer printed.
library(pxweb)
base <- sub("/$", "", Sys.getenv("BASE_URL"))
v1 <- paste0(sub("/pxwebapi/v2$", "", base), "/api/v0/en/table")
stopifnot(inherits(pxweb_get(v1), "pxweb_levels"))
tables <- pxweb_get(paste0(v1, "/sk/sk09"))
stopifnot(inherits(tables, "pxweb_levels"), length(tables) >= 3)
url <- paste0(v1, "/sk/sk09/", Sys.getenv("R_TABLE_ID", "S1101"))
meta <- pxweb_get(url)
stopifnot(inherits(meta, "pxweb_metadata"), length(meta$variables) == 4)
query <- pxweb_query(list(Region = c("EAK", "3107", "1144"), HovedInntekt = "*", ContentsCode = "*",
                          Tid = c("2024", "2025")))
answer <- pxweb_get(url, query)
stopifnot(inherits(answer, "pxweb_data"))
frame <- function(type) suppressWarnings(
  as.data.frame(answer, column.name.type = type, variable.value.type = type))
texts <- frame("text"); codes <- frame("code")
stopifnot(nrow(codes) == 3 * 5 * 2, nrow(texts) == nrow(codes), "Fredrikstad" %in% texts$Region)
stopifnot(setequal(codes$Region, c("EAK", "3107", "1144")))
shown <- codes[[ncol(codes)]]
stopifnot(is.numeric(shown), any(is.na(shown)), sum(shown, na.rm = TRUE) > 0)
comments <- as.data.frame(pxweb_data_comments(answer))
stopifnot(nrow(comments) >= 1, any(grepl("not shown", unlist(comments))))
invisible(capture.output(print(answer)))
query$response$format <- "json-stat"
stopifnot(inherits(pxweb_get(url, query), "json"))
# A data frame in one call, in Norwegian.
direct <- suppressWarnings(pxweb_get_data(sub("/en/", "/no/", url), list(Region = "EAK", ContentsCode = "*", Tid = "2025")))
stopifnot(nrow(direct) == 1, direct[[ncol(direct)]] > 0)
refused <- tryCatch({ pxweb_get(paste0(v1, "/none")); FALSE }, error = function(e) TRUE)
stopifnot(refused)
cat("PASS pxweb_r\n")
