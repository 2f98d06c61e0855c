"""Refusals that several calls share, for the API's description."""

from appointments import allowing, attending

# What does not fit the people themselves.
OF_PEOPLE = [
    attending.TooManyPeople,
    attending.SamePersonTwice,
    attending.AgeNotFitting,
    attending.GuardianMissing,
]
# What a rule forbids these people or this phone.
OF_LIMITS = [
    allowing.PersonNotOnline,
    allowing.OnlineClosed,
    allowing.TooManyVisits,
    allowing.TooManyCancelled,
    allowing.TooManyForPhone,
    allowing.TooManyHolds,
]
