# PxWebApiData 1.9.1, Statistics Norway's own R client: api_data() against the second interface, ApiData() against the
# first; labels and codes, wildcards, the latest years, code lists, missing cells, metadata, and a table's default.
library(PxWebApiData)
base <- sub("/$", "", Sys.getenv("BASE_URL"))
table <- Sys.getenv("R_TABLE_ID", "S1101")
v2 <- paste0(base, "/tables/", table, "/data?lang=en")
v1 <- paste0(sub("/pxwebapi/v2$", "", base), "/api/v0/en/table/", table)
two <- api_data(v2, Region = c("EAK", "3107"), HovedInntekt = TRUE, ContentsCode = TRUE, Tid = 2i)
stopifnot(length(two) == 2, nrow(two[[1]]) == 2 * 5 * 2, nrow(two[[2]]) == nrow(two[[1]]))
stopifnot(setequal(unique(two[[2]]$Region), c("EAK", "3107")), is.numeric(two[[2]]$value))
stopifnot("Fredrikstad" %in% two[[1]]$Region)
# The first interface has the same cells.
old <- ApiData(v1, Region = c("EAK", "3107"), HovedInntekt = TRUE, ContentsCode = TRUE, Tid = 2i)
key <- function(d) paste(d$Region, d$HovedInntekt, d$Tid)
stopifnot(nrow(old[[2]]) == nrow(two[[2]]))
stopifnot(all(two[[2]]$value[match(key(old[[2]]), key(two[[2]]))] == old[[2]]$value, na.rm = TRUE))
# Withheld cells are missing, and say why.
small <- api_data_2(v2, Region = "114?", HovedInntekt = TRUE, ContentsCode = TRUE, Tid = 1i)
stopifnot(any(is.na(small$value)), all(small$NAstatus[is.na(small$value)] %in% c(":", "..", ".")))
stopifnot(length(note(small)) > 0, length(info(small)) > 0)
# Code lists, by each interface's own words.
counties <- api_data_2(v2, Region = list(codelist = "agg_Fylker", valueCodes = "*"), HovedInntekt = FALSE,
                       ContentsCode = TRUE, Tid = 1i)
stopifnot(nrow(counties) == 15, !anyNA(counties$value))
by_filter <- ApiData2(v1, Region = list("agg:Fylker", c("EKA31", "EKA03")), HovedInntekt = FALSE,
                      ContentsCode = TRUE, Tid = 1i)
stopifnot(nrow(by_filter) == 2)
stopifnot(all(by_filter$value == counties$value[match(by_filter$Region, counties$Region)]))
# Metadata and a whole table.
frames <- meta_frames(paste0(base, "/tables/", table, "/metadata?lang=en"))
stopifnot(all(c("Region", "HovedInntekt", "ContentsCode", "Tid") %in% names(frames)))
whole <- api_data_2(v2, default_query = TRUE)
stopifnot(nrow(whole) > 500)
cat("PASS pxwebapidata_r\n")
