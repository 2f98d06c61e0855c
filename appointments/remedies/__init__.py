"""What a supervisor can do about a full hall now: another window, a longer session, online
minutes for walk-ins. Each is shown before it is done; extending is appointments/changes/.
"""
