"""What schemathesis cannot know of the interface."""

import schemathesis

HEADER = "Age,Sex,BP,Cholesterol,Na_to_K\n"


@schemathesis.hook
def map_case(context, case):
    """A table has a header; what stands below it may be anything."""
    if case.media_type == "text/csv" and isinstance(case.body, str) and not case.body.startswith(HEADER):
        case.body = HEADER + case.body
    return case
