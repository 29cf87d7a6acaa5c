"""Parquet files, read with pyarrow, which comes with the ``[datasets]`` extra."""

from pathlib import Path

from tts_async.errors import ConfigurationError, DatasetError
from tts_async.evaluation.datasets.bad_rows import Rows

BATCH = 1024


def read_parquet(path: Path) -> Rows:
    """The rows of a file, some at a time; raises ``ConfigurationError`` without pyarrow."""
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ConfigurationError(
            f"{path}: Parquet files need pyarrow; pip install 'tts-async[datasets]'"
        ) from error
    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", row
    except pa.ArrowException as error:
        raise DatasetError(f"{path}: not a Parquet file ({error}); write it anew") from error
