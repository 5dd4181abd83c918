"""The small words of questions in English and German, by what they do in a sentence."""

from typing import Final


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


PREPOSITIONS: Final = _listed(
    "about after at before by during for from in inside into of on outside over per to under via with within without "
    "ab am an auf aus bei beim bis für im in innerhalb mit nach ohne per über um unter vom von vor zu zum zur"
)
ASKS: Final = _listed(
    "how what when where which who whom whose why "
    "warum was wann welche welchem welchen welcher welches wem wen wer wie wieso wieviel wieviele wo woher wohin"
)
AUXILIARIES: Final = _listed(
    "am are be been being can could did do does had has have is may might must shall should was were will would "
    "bin bist darf dürfen gab gelten gibt gilt habe haben hat hatte ist kann können könnt könnte muss müssen sein "
    "sind soll sollen war waren werden wird würde würden"
)
VERBS: Final = _listed(
    "accept apply arrive assemble book bring buy call cancel change charge check clean collect come contact cost costs "
    "deliver exchange expire explain find get give go hold include install keep know last lasts leave make need offer "
    "open order pay pick process provide receive refund repair replace reserve return sell send ship show start stop "
    "take takes talk tell track try turn use want wash work works write "
    "abholen ändern annehmen bekommen bestellen bezahlen bringen dauern dauert erkläre kaufen kommen kommt kosten "
    "kostet liefern liefert nehmen reklamieren reparieren schicken senden sende stornieren tauschen umtauschen "
    "verkaufen verkauft verschicken versenden wechseln zahlen zurückgeben zurückschicken zurücksenden"
)
MEASURES: Final = _listed("cost costs last lasts take takes dauern dauert kosten kostet")
"""Verbs that ask how much of something: they do not tell of what."""
GENERIC: Final = _listed(
    "allowed already also always available cheap cheaper closed compulsory days difficult early ever exactly expensive "
    "extra fast fee free full hard here hours included late long longer mandatory many minutes much necessary now ok "
    "okay old online only possible price quick quickly really required safe same size soon still there time today "
    "true valid weeks year years again "
    "erlaubt frei frist geöffnet gültig inbegriffen jetzt kostenlos lange möglich nötig noch oft preis schnell tage "
    "teuer viel viele verfügbar wirklich wochen"
)
"""Words about anything: on their own they name no topic."""
PRONOUNS: Final = _listed(
    "it they them its their those these that this one ones es er ihn ihm ihnen sie dies das dieses"
)
POINTING: Final = _listed("those these that this das dies dieses")
"""Pronouns that may also stand before a noun: "these shoes"."""
ARTICLES: Final = _listed("a an any my our some the your das dem den der des die ein eine einem einen einer mein meine")
PEOPLE: Final = _listed("anyone he i me she someone us we you du er euch ich ihr jemand man mich mir sie uns wir")
SMALL_TALK: Final = _listed(
    "alright bye cool fine good goodbye great hello hey hi hm huh lot much nice no ok okay perfect please right so "
    "sorry sure thank thanks very well what why yeah yes you "
    "bitte dank danke dir gut hallo ja nein prima schön sehr super tschüss vielen warum was wieso wirklich"
)
