"""What schemathesis cannot know of the interface."""

import schemathesis

HEADER = "Age,Sex,BP,Cholesterol,Na_to_K\n"


@schemathesis.hook
def map_case(context, case):
    """A table has a header; what stands below it may be anything, but in one that is to be stored."""
    if case.media_type == "text/csv" and case.path.startswith("/datasets") and isinstance(case.body, str):
        case.body = HEADER.replace("\n", ",Drug\n") + "45,M,HIGH,NORMAL,15.5,DrugY\n"
        return case
    if case.media_type == "text/csv" and isinstance(case.body, str) and not case.body.startswith(HEADER):
        case.body = HEADER + case.body
    return case
