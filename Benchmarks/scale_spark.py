"""Counts the patients of a folder on a Spark cluster of two workers on this machine alone:

        scale_spark.py FOLDER

runs the statement of docs/scale.md there and prints the seconds that the session and the counting took.
"""
import json
import os
import sys
import time
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from scale_tables import statement

LOOPBACK = "127.0.0.1"
# Workers are started from there; nothing listens on an address that another machine reaches.
os.environ |= {"SPARK_HOME": str(Path(pyspark.__file__).parent), "SPARK_LOCAL_IP": LOOPBACK,
               "SPARK_LOCAL_HOSTNAME": LOOPBACK, "PYSPARK_PYTHON": sys.executable}


def session(scratch):
    """A cluster of two workers, one core and 1 GB each, which are processes of their own."""
    return (SparkSession.builder.master("local-cluster[2,1,1024]").appName("counting patients")
            .config("spark.driver.host", LOOPBACK).config("spark.driver.bindAddress", LOOPBACK)
            .config("spark.ui.enabled", "false").config("spark.local.dir", str(scratch))
            .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
            .config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "ERROR")
            .getOrCreate())


def main(folder):
    os.chdir(folder)
    start = time.perf_counter()
    spark = session(folder / "spark")
    try:
        started = time.perf_counter()
        exec(statement("Spark", "python"), {"spark": spark})
        ended = time.perf_counter()
        workers = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
    finally:
        spark.stop()
    print(json.dumps({"session": started - start, "counting": ended - started, "workers": workers}))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
