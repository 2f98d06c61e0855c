"""Makes the calling voice: said by Debian's `espeak-ng`, or recorded by a hall itself."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queues import recording
from queues.voicing import recordings_of
from windows.models import Hall, Matter

SHIPPED = Path(__file__).resolve().parent.parent.parent / "static" / "queues" / "voice"


class Command(BaseCommand):
    help = (
        "Makes the sound file of the calling voice and its map. With --hall and --from: out of"
        " the hall's own recordings, a WAV file per syllable; without: said by espeak-ng."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hall", help="code of the hall that has its own recordings")
        parser.add_argument("--from", dest="folder", help="folder of WAV files")
        parser.add_argument("--english", action="store_true", help="ask for the English ones too")
        parser.add_argument("--list", action="store_true", help="name what is to be recorded")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["hall"]:
            self.of_hall(options)
            return
        if options["folder"] or options["list"]:
            raise CommandError("Say whose recordings they are: --hall CODE")
        self.told(recording.said_by_machine(), SHIPPED)

    def of_hall(self, options: dict[str, Any]) -> None:
        hall = Hall.objects.filter(code=options["hall"]).first()
        if hall is None:
            raise CommandError(f"There is no hall {options['hall']}.")
        letters = Matter.objects.filter(is_offered=True).values_list("prefix", flat=True)
        names = recording.needed(letters, english=options["english"] or hall.voice_english)
        if options["list"]:
            self.stdout.write("\n".join(recording.file_of(name) for name in names))
            return
        folder = Path(options["folder"] or "")
        if not options["folder"] or not folder.is_dir():
            raise CommandError("Say where the recordings are: --from FOLDER")
        try:
            made = recording.said_by_people(folder, names)
        except recording.Unfit as unfit:
            raise CommandError(str(unfit)) from None
        self.told(made, recordings_of(hall))
        self.stdout.write(f"Choose it at /supervise/voice/?hall={hall.code}")

    def told(self, made: recording.Recorded, folder: Path) -> None:
        made.keep(folder)
        self.stdout.write(f"{len(made.places)} clips, {len(made.sound) // 1024} KB, in {folder}")
