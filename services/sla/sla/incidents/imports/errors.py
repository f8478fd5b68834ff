"""The rules that a file of incidents, and each of its lines, can break."""

from common.errors import Invalid, Malformed, TooLarge


class FileNotDecodable(Malformed, slug="file-not-decodable"):
    """A file is text in the encoding that the request names, or in UTF-8."""


class FileNotCsv(Malformed, slug="file-not-csv"):
    """A file is CSV: a line of column names, and a line for each row."""


class TooManyLines(Invalid, slug="too-many-lines"):
    """A file has only so many lines."""


class ImportTakesTooLong(TooLarge, slug="import-takes-too-long"):
    """A file is imported within the time that a request has: send a large one in parts."""


class ColumnNotFound(Invalid, slug="column-not-found"):
    """A column that is mapped, or needed, is in the file."""


class IncidentFileRefused(Invalid, slug="incident-file-refused"):
    """A file that is imported as a whole has no line that breaks a rule."""


class LineInvalid(Invalid, slug="line-invalid"):
    """A line says what an incident needs, in a form that can be read."""
