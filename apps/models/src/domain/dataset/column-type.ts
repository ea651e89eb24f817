/** Types that a column may have; what else a Parquet file brings becomes JSON. */
export const COLUMN_TYPE_PATTERN =
  "^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL\\([0-9]{1,2},[0-9]{1,2}\\)|VARCHAR|DATE|TIME|TIMESTAMP|TIMESTAMP WITH TIME ZONE|UUID|JSON)$";

/** Columns of a file at most. */
export const COLUMN_LIMIT = 2_000;
